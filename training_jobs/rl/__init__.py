"""The policy of stage 3 and its reward."""

"""Stored clips -> pictures for people: colours, previews, contact sheets and the gallery page."""

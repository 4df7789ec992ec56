"""Parts of the benchmarks that are not scripts themselves."""

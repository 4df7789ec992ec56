"""Any video file -> steady, upright, even-sized shots in a store: decode, split, ingest."""

"""Past values of keys: recorder, series, data frames and export."""

"""The demo world: people around a molecule."""

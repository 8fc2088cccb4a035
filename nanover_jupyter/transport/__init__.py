"""How messages travel: one small contract, one implementation per wire."""

"""How atoms are drawn: colors, sizes, bonds and tubes, computed with numpy."""

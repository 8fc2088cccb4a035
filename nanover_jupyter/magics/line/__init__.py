"""The `%nanover` line: grammar, tokens, parser and completion."""

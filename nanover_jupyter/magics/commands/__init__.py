"""The subcommands of `%nanover`, one module per topic."""

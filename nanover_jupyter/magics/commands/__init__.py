"""The functions that run the subcommands of `%nanover`."""

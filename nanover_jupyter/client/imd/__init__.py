"""The client API of NanoVer's current package, on top of the clients of this one."""

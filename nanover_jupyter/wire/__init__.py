"""Messages between client and server: values, changes, and their codecs.

No threads, sockets, clocks or Jupyter.
"""

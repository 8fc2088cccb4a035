"""What is said between client and server: messages, values and their codecs.

No threads, sockets, clocks or Jupyter in here.
"""

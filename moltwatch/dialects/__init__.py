"""How posts are written down: bytes and objects in, events out; no I/O and no clock.

One dialect a file, ``registry`` lists those whose objects are told by their marks, and ``fields``
is what they share. ``files`` tells the format of a file, ``lines`` reads lines of any dialect in
their order. What cannot be used is a counted reject. Recordings, standard input and live sources
all read through here: when something was observed is theirs to say (:class:`~.fields.Origin`).
"""

"""The engine of uploads and downloads: a URL into a sink, a source to a URL.

Written like the flow of a call: generators that say what is to be done, driven by `tc_core._drivers`. Loaded with
the first transfer.
"""

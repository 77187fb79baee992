"""The generator: read references -> model -> render, each step a package of its own.

``read`` turns published references into facts (codegen/api), ``model`` turns facts, overrides and our own
words into what the packages say, ``render`` turns that into files. Only ``files`` touches the tree.
"""

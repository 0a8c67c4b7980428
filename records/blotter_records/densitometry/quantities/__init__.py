"""What is made of signals: molecular weight, amount, range, normalised signal, replicates, plates (B17-B31).

Plain numbers in, plain numbers out; None is "not defined", and the docstring says when. A function raises
:class:`blotter_records.errors.Invalid` for input that has no meaning, and never repairs it.
"""

"""Other backgrounds than a border's average or median: rolling ball, column-wise linear, lane, user-defined, global.

:func:`blotter_records.densitometry.backgrounds.sensitivity.sensitivity` puts the result under each of them side by
side.
"""

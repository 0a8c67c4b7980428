"""The Python halves of the widgets. Importing this package puts every widget of this kernel on its whitelist.

A Python half asks the records service and shows what came back; it computes nothing and holds no pixels. Its
JavaScript half is in ``blotter_extension/labextension``.
"""

from blotter_guard.widgets.band_table import BandTable
from blotter_guard.widgets.export_pdf import ExportPdf
from blotter_guard.widgets.image_browser import ImageBrowser
from blotter_guard.widgets.image_log import ImageLog
from blotter_guard.widgets.image_viewer import ImageViewer
from blotter_guard.widgets.import_image import ImportImage
from blotter_guard.widgets.result import Result
from blotter_guard.widgets.sign import Sign
from blotter_guard.widgets.studies import Studies
from blotter_guard.widgets.study import Study

__all__ = [
    "BandTable",
    "ExportPdf",
    "ImageBrowser",
    "ImageLog",
    "ImageViewer",
    "ImportImage",
    "Result",
    "Sign",
    "Studies",
    "Study",
]

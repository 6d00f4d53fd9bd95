"""A ``Result`` for people: pictures, one HTML page, one PDF."""

from calcidect.report._pictures import Picture, draw_pictures
from calcidect.report._slices import draw_thumbnail
from calcidect.report._write import write_report

__all__ = ["Picture", "draw_pictures", "draw_thumbnail", "write_report"]

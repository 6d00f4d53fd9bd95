"""A ``Result`` for people: pictures, one HTML page, one PDF."""

from calcidect.report._close_up import PlaneView, close_up, shown_mm
from calcidect.report._pictures import Picture, draw_pictures
from calcidect.report._plane import BONE_WINDOW_HU
from calcidect.report._write import write_report

__all__ = ["BONE_WINDOW_HU", "Picture", "PlaneView", "close_up", "draw_pictures", "shown_mm", "write_report"]

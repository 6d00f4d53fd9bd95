"""A ``Result`` for people: pictures, one HTML page, one PDF."""

from calcidect.report._pictures import Picture, draw_pictures
from calcidect.report._plane import BONE_WINDOW_HU
from calcidect.report._scene import make_scene
from calcidect.report._slices import draw_slice, draw_thumbnail, field_of, voxel_inside
from calcidect.report._write import write_report

__all__ = [
    "BONE_WINDOW_HU",
    "Picture",
    "draw_pictures",
    "draw_slice",
    "draw_thumbnail",
    "field_of",
    "make_scene",
    "voxel_inside",
    "write_report",
]

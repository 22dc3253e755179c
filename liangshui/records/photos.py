"""Photos that people send: made anew, so that only the picture is kept, without what the phone wrote into it."""

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from liangshui.core.errors import Invalid

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600


def small_jpeg(content: bytes) -> bytes:
    """A photo upright, at most 1600 pixels wide or high, as JPEG.

    Raises:
        Invalid: it is too large, or no JPEG, PNG or WebP picture; `field` is "photo".
    """
    if len(content) > MOST_BYTES:
        raise Invalid(_("The photo is larger than 8 MB."), field="photo")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Invalid(_("The photo is too large."), field="photo")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Invalid(_("The photo cannot be read. Take it again."), field="photo") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return out.getvalue()

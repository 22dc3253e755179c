"""What the room of permits keeps."""

from liangshui.permits.aquifer_models import AquiferFigures as AquiferFigures

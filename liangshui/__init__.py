"""Liangshui (量水): the platform with which a county runs its water."""

__version__ = "0.1.0"

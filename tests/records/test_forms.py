"""What forms say of a box."""

from decimal import Decimal as D

from django import forms

from liangshui.records.forms import dressed


class VolumeForm(forms.Form):
    volume = forms.DecimalField(min_value=D("0.0000001"))
    percent = forms.DecimalField(min_value=1)


def test_a_least_value_that_only_means_more_than_nothing_is_said_so():
    form = dressed(VolumeForm({"volume": "0", "percent": "0"}))
    assert form.errors == {"volume": ["请填写大于 0 的数。"], "percent": ["确保该值大于或等于1。"]}

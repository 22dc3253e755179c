"""Permits (取水许可): from application to cancellation, and the gate that says why. So far the rules: terms, exemption, route, and the gate."""

"""The superior's own tables (报表): mapped once, filled each period, issued, frozen."""

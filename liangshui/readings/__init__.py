"""Hand readings (抄表): the dial, its photo and its place, and reading rounds by village."""

"""The products, one file each; the documentation each follows is named at its top."""

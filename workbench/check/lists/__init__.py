"""Lists of which too little, nothing or something else is read."""

"""What stands between the browser and a kernel: nothing passes that is not understood and built anew."""

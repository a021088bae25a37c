"""What this version is called: looking it up in the installation takes 20 ms."""

VERSION = "0.1.0"

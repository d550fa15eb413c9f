"""Tests of the house; the folders mirror the packages."""

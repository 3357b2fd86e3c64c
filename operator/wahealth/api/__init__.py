"""The formats we own: the resource, its CustomResourceDefinition, and the ways in and out of the core's types."""

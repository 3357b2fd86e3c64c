"""The formats that this project owns: the resource, its CustomResourceDefinition, and their conversion from and to the
core's types."""

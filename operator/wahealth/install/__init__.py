"""What a cluster is given: the values of the chart."""

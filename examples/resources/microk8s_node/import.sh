# The address of the machine.
terraform import microk8s_node.seeded 10.0.0.22

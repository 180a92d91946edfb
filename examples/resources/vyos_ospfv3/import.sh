# The router's name.
terraform import vyos_ospfv3.edge edge

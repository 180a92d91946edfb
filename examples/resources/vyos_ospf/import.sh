# The router's name.
terraform import vyos_ospf.edge edge

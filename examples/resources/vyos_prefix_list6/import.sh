# The router's name and the list's name; the latter alone where there is only one router.
terraform import vyos_prefix_list6.pools edge/LB

# The router's name and the prefix-list's name; the latter alone where there is only one router.
terraform import vyos_prefix_list.pools edge/LB4

# <cluster>/<name>, or <name> where the provider has a `kubernetes` block.
terraform import calico_ippool.v6 10.0.0.11/default-ipv6-ippool

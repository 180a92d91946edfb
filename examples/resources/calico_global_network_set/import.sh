# <cluster>/<name>, or <name> where the provider has a `kubernetes` block.
terraform import calico_global_network_set.office 10.0.0.11/office

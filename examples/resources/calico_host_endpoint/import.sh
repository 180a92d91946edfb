# <cluster>/<name>, or <name> where the provider has a `kubernetes` block.
terraform import calico_host_endpoint.cp1 10.0.0.11/cp1

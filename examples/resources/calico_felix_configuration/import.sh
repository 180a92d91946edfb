# <cluster>/<name>, or <name> where the provider has a `kubernetes` block.
terraform import calico_felix_configuration.all 10.0.0.11/default

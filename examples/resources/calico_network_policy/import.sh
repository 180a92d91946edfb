# <cluster>/<namespace>/<name>, or <namespace>/<name> where the provider has a `kubernetes` block.
terraform import calico_network_policy.web 10.0.0.11/shop/web

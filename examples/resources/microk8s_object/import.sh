# <cluster>/<kind>/<namespace>/<name>, or <cluster>/<kind>/<name> for a kind without namespaces.
terraform import microk8s_object.web 10.0.0.11/Service.v1/shop/web

resource "microk8s_addon_repository" "community" {
  host = "10.0.0.11"
  name = "community"
  url  = "/snap/microk8s/current/addons/community"
}

resource "microk8s_addon" "argocd" {
  host       = "10.0.0.11"
  repository = microk8s_addon_repository.community.name
  name       = "argocd"
}

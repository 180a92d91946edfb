resource "microk8s_addon" "dns" {
  host = "10.0.0.11" # a control plane
  name = "dns"
}

resource "microk8s_addon" "metallb" {
  host      = "10.0.0.11"
  name      = "metallb"
  arguments = ["10.0.0.200-10.0.0.220"]
}

resource "microk8s_addon" "hostpath_storage" {
  host              = "10.0.0.11"
  name              = "hostpath-storage"
  disable_arguments = ["destroy-storage"] # it asks a question otherwise; this deletes the volumes
}

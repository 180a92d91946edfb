# Longhorn: volumes that are kept on the disks of several nodes and follow their pods.

terraform {
  required_version = ">= 1.11"

  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

provider "microk8s" {
  ssh = {
    user        = var.ssh_user
    private_key = var.ssh_private_key
  }
}

module "cluster" {
  source = "../../modules/cluster"

  # Packages, services, kernel modules and the exclusion from multipath that Longhorn checks for.
  nodes   = { for name, address in var.nodes : name => { address = address, storage = true } }
  channel = var.channel
}

locals {
  replicas = min(3, length(var.nodes))
}

resource "microk8s_helm_release" "longhorn" {
  host             = module.cluster.host
  name             = "longhorn"
  namespace        = "longhorn-system"
  create_namespace = true
  repository       = var.longhorn.repository
  chart            = var.longhorn.chart
  version          = var.longhorn.version

  values = {
    # Longhorn looks for a process named kubelet to find this, and MicroK8s has none.
    csi = {
      kubeletRootDir          = "/var/snap/microk8s/common/var/lib/kubelet"
      attacherReplicaCount    = local.replicas
      provisionerReplicaCount = local.replicas
      resizerReplicaCount     = local.replicas
      snapshotterReplicaCount = local.replicas
    }
    persistence = { defaultClassReplicaCount = local.replicas }
    defaultSettings = {
      # Without it, `terraform destroy` fails: Longhorn refuses to be uninstalled.
      deletingConfirmationFlag = true
    }
    # Terraform decides when to upgrade.
    preUpgradeChecker = { jobEnabled = false }
  }

  timeouts = { create = "20m", delete = "20m" }
}

# A first volume.
resource "microk8s_object" "volume" {
  cluster = microk8s_helm_release.longhorn.host

  manifest = {
    apiVersion = "v1"
    kind       = "PersistentVolumeClaim"
    metadata   = { name = "data", namespace = "default" }
    spec = {
      storageClassName = "longhorn"
      accessModes      = ["ReadWriteOnce"]
      resources        = { requests = { storage = "1Gi" } }
    }
  }
}

# The cluster's machines. cloud-init gives each the host key that it is to be known by, so that nothing is trusted at first sight.

resource "proxmox_download_file" "ubuntu" {
  node_name    = var.proxmox_node
  datastore_id = var.image_datastore
  content_type = "import"
  url          = var.ubuntu_image
  file_name    = "ubuntu.qcow2" # an import has to end so
  overwrite    = false
}

resource "proxmox_virtual_environment_file" "node" {
  for_each = var.nodes

  node_name    = var.proxmox_node
  datastore_id = var.image_datastore
  content_type = "snippets"

  source_raw {
    file_name = "microk8s-${each.key}.yaml"
    data = join("\n", ["#cloud-config", yamlencode({
      hostname   = each.key
      ssh_pwauth = false
      users = [{
        name                = "ubuntu"
        shell               = "/bin/bash"
        sudo                = "ALL=(ALL) NOPASSWD:ALL"
        lock_passwd         = true
        ssh_authorized_keys = [var.ssh_public_key]
      }]
      ssh_keys = {
        ed25519_private = var.host_private_keys[each.key]
        ed25519_public  = each.value.host_key
      }
      package_update = true
      packages       = ["qemu-guest-agent"] # Ubuntu's images have none
      runcmd         = [["systemctl", "start", "qemu-guest-agent"]]
    })])
  }
}

resource "proxmox_virtual_environment_vm" "node" {
  for_each = var.nodes

  name      = each.key
  vm_id     = each.value.vm_id
  node_name = var.proxmox_node

  # The cluster was left when it comes to this. Rebooting several control planes at once would cost it its majority.
  stop_on_destroy     = true
  reboot_after_update = false

  agent {
    enabled = true

    wait_for_ip {
      ipv4 = true
      ipv6 = true
    }
  }

  cpu {
    cores = 2
    type  = "x86-64-v2-AES"
  }

  memory {
    dedicated = var.memory
  }

  disk {
    interface    = "scsi0"
    datastore_id = var.disk_datastore
    import_from  = proxmox_download_file.ubuntu.id
    size         = var.disk_size
  }

  network_device {
    bridge   = var.bridge
    firewall = var.firewall
  }

  operating_system {
    type = "l26"
  }

  serial_device {} # Ubuntu's kernel panics without one where the disk is resized

  initialization {
    datastore_id      = var.disk_datastore
    user_data_file_id = proxmox_virtual_environment_file.node[each.key].id

    ip_config {
      ipv4 {
        address = "${each.value.ipv4}/24"
        gateway = var.router.ipv4
      }
      ipv6 {
        address = "${each.value.ipv6}/64"
        gateway = var.router.ipv6
      }
    }
  }

  # An edited snippet or another image would replace all machines at once. Use -replace, one after the other.
  lifecycle {
    ignore_changes = [initialization[0].user_data_file_id, disk[0].import_from]
  }
}

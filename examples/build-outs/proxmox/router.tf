# The router: its first configuration has the API, a key for it, and the certificate that the API shows.

resource "proxmox_download_file" "vyos" {
  node_name    = var.proxmox_node
  datastore_id = var.image_datastore
  content_type = "import"
  url          = var.vyos_image
  file_name    = "vyos.qcow2"
  overwrite    = false
}

locals {
  # VyOS wants what is between PEM's first and last line.
  router_pki = { for name, pem in { certificate = var.router_certificate, key = var.router_private_key } :
    name => join("", [for line in split("\n", trimspace(pem)) : line if !startswith(line, "-----")])
  }
}

resource "proxmox_virtual_environment_file" "router" {
  node_name    = var.proxmox_node
  datastore_id = var.image_datastore
  content_type = "snippets"

  source_raw {
    file_name = "vyos-edge.yaml"
    data = join("\n", ["#cloud-config", yamlencode({
      vyos_config_commands = concat([
        "set system host-name 'edge'",
        "set interfaces ethernet eth0 address '${var.router.ipv4}/24'",
        "set interfaces ethernet eth0 address '${var.router.ipv6}/64'",
        "set pki certificate api certificate '${local.router_pki.certificate}'",
        "set pki certificate api private key '${local.router_pki.key}'",
        "set service https certificates certificate 'api'",
        "set service https api keys id terraform key '${var.router_api_key}'",
        ],
        var.router.release == "1.5" ? ["set service https api rest"] : [],
      )
    })])
  }
}

resource "proxmox_virtual_environment_vm" "router" {
  name      = "edge"
  vm_id     = var.router.vm_id
  node_name = var.proxmox_node

  stop_on_destroy     = true
  reboot_after_update = false

  agent {
    enabled = true

    wait_for_ip {
      ipv4 = true
    }
  }

  cpu {
    cores = 2
    type  = "x86-64-v2-AES"
  }

  memory {
    dedicated = 2048
  }

  disk {
    interface    = "scsi0"
    datastore_id = var.disk_datastore
    import_from  = proxmox_download_file.vyos.id
    size         = 10
  }

  network_device {
    bridge = var.bridge
  }

  operating_system {
    type = "l26"
  }

  serial_device {}

  initialization {
    datastore_id      = var.disk_datastore
    user_data_file_id = proxmox_virtual_environment_file.router.id

    ip_config {
      ipv4 {
        address = "${var.router.ipv4}/24"
      }
      ipv6 {
        address = "${var.router.ipv6}/64"
      }
    }
  }

  lifecycle {
    ignore_changes = [initialization[0].user_data_file_id, disk[0].import_from]
  }
}

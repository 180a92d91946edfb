variable "proxmox_endpoint" {
  description = "Address of Proxmox VE's API, such as https://pve.example.com:8006/."
  type        = string
}

variable "proxmox_api_token" {
  description = "A token of its API, user@realm!name=secret, with the rights to make machines and to ask guest agents."
  type        = string
  sensitive   = true
}

variable "proxmox_node" {
  description = "The server's node that all machines are on."
  type        = string
  default     = "pve"
}

variable "image_datastore" {
  description = "Datastore for images and snippets; both kinds of content have to be enabled on it."
  type        = string
  default     = "local"
}

variable "disk_datastore" {
  description = "Datastore for disks."
  type        = string
  default     = "local-lvm"
}

variable "bridge" {
  description = "Bridge that all machines are on."
  type        = string
  default     = "vmbr0"
}

variable "firewall" {
  description = "Whether Proxmox's firewall looks at the nodes' network cards. It has to let BGP, SSH and the cluster's own traffic through."
  type        = bool
  default     = false
}

variable "memory" {
  description = "Memory of a node in MiB."
  type        = number
  default     = 4096
}

variable "disk_size" {
  description = "Disk of a node in GiB. It can grow, never shrink."
  type        = number
  default     = 40
}

variable "ubuntu_image" {
  description = "Cloud image of the nodes, a dated release: one that changes at its address would be downloaded again and again."
  type        = string
  default     = "https://cloud-images.ubuntu.com/releases/noble/release-20260115/ubuntu-24.04-server-cloudimg-amd64.img"
}

variable "vyos_image" {
  description = "Image of the router in QCOW2 format, with cloud-init."
  type        = string
}

variable "nodes" {
  description = "The nodes by host name: number of the machine, addresses of both families, role, and public host key (`ssh-keygen -t ed25519 -N '' -f NAME`)."
  type = map(object({
    vm_id    = number
    ipv4     = string
    ipv6     = string
    role     = optional(string, "control-plane")
    host_key = string
  }))
}

variable "host_private_keys" {
  description = "The private halves of the nodes' host keys, by host name. They are in the state, on the server and in the machines."
  type        = map(string)
  sensitive   = true

  validation {
    condition     = alltrue([for name in keys(var.nodes) : contains(keys(var.host_private_keys), name)])
    error_message = "Every node needs its private host key."
  }
}

variable "ssh_public_key" {
  description = "Public key that user `ubuntu` of the nodes accepts."
  type        = string
}

variable "ssh_private_key" {
  description = "Its private half. Without one, an SSH agent or the client's own key files are used."
  type        = string
  default     = null
  sensitive   = true
}

variable "channel" {
  description = "Snap channel of MicroK8s, with a pinned minor version."
  type        = string
  default     = "1.35/stable"
}

variable "router" {
  description = "The router: number of its machine, addresses of both families, and release, 1.4 or 1.5."
  type        = object({ vm_id = number, ipv4 = string, ipv6 = string, release = optional(string, "1.4") })
}

variable "router_api_key" {
  description = "The key of the router's API, to be made up: letters and digits."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9]+$", var.router_api_key))
    error_message = "The key consists of letters and digits."
  }
}

variable "router_certificate" {
  description = "Certificate for the router's IPv4 address, signed by itself, as PEM."
  type        = string
}

variable "router_private_key" {
  description = "Private key of that certificate, as PEM (PKCS #8)."
  type        = string
  sensitive   = true
}

variable "as_number" {
  description = "AS number of the router and of the speakers (iBGP)."
  type        = number
  default     = 64512
}

variable "load_balancer_prefixes" {
  description = "Prefixes that LoadBalancer addresses are from."
  type        = list(string)
  default     = ["2001:db8:f000:2::/64"]
}

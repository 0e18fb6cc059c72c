/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/object.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif
#define ENTRY "pst_plugin_entry"
#define PREFIX "pst_"

/* A file in memory. */
struct image {
	const uint8_t *data;
	size_t size;
};

/* Copies a part out, since nothing says that it is aligned. @return whether it lies in the file */
static bool get(const struct image *image, uint64_t offset, void *to, size_t size)
{
	if (offset > image->size || image->size - offset < size) {
		return false;
	}
	memcpy(to, image->data + offset, size);
	return true;
}

/* Copies a name out of a table of strings, cut to its room. */
static bool get_name(const struct image *image, const Elf64_Shdr *strings, uint64_t at,
	char name[PST_OBJECT_NAME_SIZE])
{
	size_t i = 0;

	if (at >= strings->sh_size) {
		return false;
	}
	do {
		if (at + i >= strings->sh_size ||
			!get(image, strings->sh_offset + at + i, &name[i], 1)) {
			return false;
		}
	} while (name[i] != 0 && ++i < PST_OBJECT_NAME_SIZE - 1);
	name[i] = 0;
	return true;
}

static bool get_section(const struct image *image, const Elf64_Ehdr *header, uint32_t index,
	Elf64_Shdr *ret_section)
{
	return index < header->e_shnum && header->e_shentsize == sizeof(*ret_section) &&
	       header->e_shoff <= image->size &&
	       get(image, header->e_shoff + (uint64_t)index * sizeof(*ret_section), ret_section,
		       sizeof(*ret_section)) &&
	       ret_section->sh_offset <= image->size;
}

/* What older linkers put into every library. */
static bool is_of_linker(const char *name)
{
	static const char *const names[] = {"_init", "_fini", "_edata", "_end", "__bss_start", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void note(char to[PST_OBJECT_NAME_SIZE], const char *name)
{
	if (to[0] == 0) {
		(void)snprintf(to, PST_OBJECT_NAME_SIZE, "%s", name);
	}
}

static void judge_symbol(struct pst_object *elf, const Elf64_Sym *symbol, const char *name)
{
	unsigned int bind = ELF64_ST_BIND(symbol->st_info);
	unsigned int visibility = ELF64_ST_VISIBILITY(symbol->st_other);

	if (bind == STB_LOCAL) {
		return;
	}
	if (symbol->st_shndx == SHN_UNDEF) {
		if (strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
			note(elf->needs_host, name);
		}
		return;
	}
	if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) {
		return;
	}
	if (strcmp(name, ENTRY) == 0) {
		elf->exports_entry = ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT;
	} else if (!is_of_linker(name)) {
		note(elf->exports_other, name);
	}
}

static int read_symbols(const struct image *image, const Elf64_Ehdr *header,
	const Elf64_Shdr *table, struct pst_object *elf)
{
	Elf64_Shdr strings;

	if (!get_section(image, header, table->sh_link, &strings)) {
		return PST_E_FORMAT;
	}
	for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
		char name[PST_OBJECT_NAME_SIZE];
		Elf64_Sym symbol;

		if (!get(image, table->sh_offset + at, &symbol, sizeof(symbol)) ||
			!get_name(image, &strings, symbol.st_name, name)) {
			return PST_E_FORMAT;
		}
		judge_symbol(elf, &symbol, name);
	}
	return 0;
}

static int read_dynamic(const struct image *image, const Elf64_Ehdr *header,
	const Elf64_Shdr *table, struct pst_object *elf)
{
	Elf64_Shdr strings;

	if (!get_section(image, header, table->sh_link, &strings)) {
		return PST_E_FORMAT;
	}
	for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= table->sh_size; at += sizeof(Elf64_Dyn)) {
		char name[PST_OBJECT_NAME_SIZE];
		Elf64_Dyn entry;

		if (!get(image, table->sh_offset + at, &entry, sizeof(entry))) {
			return PST_E_FORMAT;
		}
		if (entry.d_tag == DT_NULL) {
			break;
		}
		if (entry.d_tag == DT_TEXTREL ||
			(entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0)) {
			elf->text_relocations = true;
		}
		if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) {
			if (!get_name(image, &strings, entry.d_un.d_val, name)) {
				return PST_E_FORMAT;
			}
			note(elf->run_path, name);
		}
	}
	return 0;
}

static int read_segments(
	const struct image *image, const Elf64_Ehdr *header, struct pst_object *elf)
{
	elf->executable_stack = true;
	for (uint32_t i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;

		if (header->e_phentsize != sizeof(segment) || header->e_phoff > image->size ||
			!get(image, header->e_phoff + (uint64_t)i * sizeof(segment), &segment,
				sizeof(segment))) {
			return PST_E_FORMAT;
		}
		if (segment.p_type == PT_GNU_STACK) {
			elf->executable_stack = (segment.p_flags & PF_X) != 0;
		}
		if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0 &&
			(segment.p_flags & PF_X) != 0) {
			elf->writable_code = true;
		}
	}
	return 0;
}

int pst_object_read(
	const uint8_t *data, size_t size, struct pst_object *ret_elf, struct pst_error *error)
{
	const struct image image = {data, size};
	Elf64_Ehdr header;
	bool has_symbols = false;
	int status;

	*ret_elf = (struct pst_object){0};
	if (!get(&image, 0, &header, sizeof(header)) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
		header.e_ident[EI_CLASS] != ELFCLASS64 ||
		header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_DYN ||
		header.e_machine != MACHINE) {
		return pst_error_set(
			error, PST_E_FORMAT, "it is no shared object for this machine");
	}
	status = read_segments(&image, &header, ret_elf);
	for (uint32_t i = 0; status == 0 && i < header.e_shnum; i++) {
		Elf64_Shdr section;

		if (!get_section(&image, &header, i, &section)) {
			status = PST_E_FORMAT;
		} else if (section.sh_type == SHT_DYNSYM) {
			has_symbols = true;
			status = read_symbols(&image, &header, &section, ret_elf);
		} else if (section.sh_type == SHT_DYNAMIC) {
			status = read_dynamic(&image, &header, &section, ret_elf);
		}
	}
	if (status < 0) {
		return pst_error_set(error, status, "it is damaged");
	}
	return has_symbols ? 0
			   : pst_error_set(error, PST_E_FORMAT,
				     "it has no table of dynamic symbols; do not strip sections");
}
